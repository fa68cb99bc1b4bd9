// Package rule decides what a session answers by itself: when a frame matches, a
// peer joins or time has passed, then reply so. It is pure. Events go in, plans
// come out; whoever calls it has the clock, the sockets and the framers, and
// carries the plans out.
//
// A Set is what people write. Compile makes a Program of it, which says everything
// that is wrong with the set. An Engine runs a program for one session: it keeps
// the state of each peer, counts hits, and guards against repliers that feed each
// other. A LoopDetector and a RateLimit guard a session that echoes without rules.
package rule
