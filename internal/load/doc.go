// Package load drives a target with messages at a rate, over as many connections as are
// asked for, and reports what became of them as package pairs does. It is an open loop:
// when each message is due is known before the first is sent, and the time that its answer
// takes counts from then, so that a target which stalls cannot hide its waiting by slowing
// the load down (coordinated omission, as wrk2 and HdrHistogram call it). The package
// records nothing and shows nothing.
package load
