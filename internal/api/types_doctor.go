package api

import "sockeye"

// Diagnosis says why an address does not work, or that it does.
type Diagnosis struct {
	Time    string `json:"time,omitempty"`
	Address string `json:"address"`
	Verdict string `json:"verdict"` // "ok", "wrong" or "cannot-tell"
	// Cause is a stable word for what is wrong, "firewall-there".
	Cause string `json:"cause,omitempty"`
	Text  string `json:"text"`
	// Next is the one thing to do.
	Next string `json:"next,omitempty"`
	// Ask is "there" if the other machine knows more.
	Ask    string        `json:"ask,omitempty"`
	Way    []DoctorStop  `json:"way"`
	Checks []DoctorCheck `json:"checks"`
}

// DoctorStop is a place on the way from this machine to that one.
type DoctorStop struct {
	Station string `json:"station"` // "program", "firewall", "interface", "network", "there" or "port"
	Label   string `json:"label"`
	Note    string `json:"note,omitempty"` // its address
	State   string `json:"state"`          // a verdict; "ok" only if it is known to be passed
	Word    string `json:"word,omitempty"` // what stands at the broken place, "broken here"
}

// DoctorCheck is what one check found.
type DoctorCheck struct {
	Check    string   `json:"check"`
	Name     string   `json:"name"`
	Verdict  string   `json:"verdict"`
	Cause    string   `json:"cause,omitempty"`
	Text     string   `json:"text"`
	Next     string   `json:"next,omitempty"`
	Evidence []string `json:"evidence"` // the system's own words and numbers
}

// DoctorCode is what a machine says of itself for the doctor on another one.
type DoctorCode struct {
	Port int    `json:"port"`
	Code string `json:"code"`
}

// ShareDiagnosis asks for a diagnosis as a text.
type ShareDiagnosis struct {
	Diagnosis Diagnosis `json:"diagnosis"`
	// Shorten leaves only the beginning of addresses of the Internet and of hardware addresses.
	Shorten bool `json:"shorten,omitempty"`
}

// SharedDiagnosis is a text, and the name of a file for it.
type SharedDiagnosis struct {
	Name string `json:"name"`
	Text string `json:"text"`
}

// Sample is what TCP did for a peer at one moment, and the number of its event.
type Sample struct {
	Seq  uint64          `json:"seq"`
	Time string          `json:"time"`
	TCP  sockeye.TCPLine `json:"tcp"`
}
