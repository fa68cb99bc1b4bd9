package core

import (
	"context"

	"sockeye/internal/doctor"
)

// What the doctor is asked, knows and finds, for rooms that drive the core.
type (
	DoctorQuestion = doctor.Question
	DoctorFacts    = doctor.Facts
	Diagnosis      = doctor.Diagnosis
)

// Examine finds why an address does not work, or that it does. It takes at most
// doctor.Longest. other are the facts of the other side, nil without them; where a doctor
// serves there, they come from it.
func Examine(ctx context.Context, q DoctorQuestion, other *DoctorFacts) *Diagnosis {
	f := doctor.Collect(ctx, q)
	if other == nil {
		other = f.Greeted()
	}
	return doctor.Diagnose(f, other)
}

// ParseDoctorCode reads what doctor --code printed on the other machine.
func ParseDoctorCode(code string) (*DoctorFacts, error) { return doctor.ParseCode(code) }
