package recording

import (
	"context"
	"fmt"

	"sockeye"
	"sockeye/internal/pcapng"
	"sockeye/internal/recording/capture"
)

// VerifyReport is what Verify found.
type VerifyReport struct {
	Files  int
	Bytes  int64 // of the files
	Events uint64
	// Damage is what was not as it was written, the first thousand places.
	Damage []FileDamage
	// Damages counts all of them, a torn tail not included: it is what a crash
	// leaves, and nothing that was promised is in it.
	Damages, Torn int
	// Skipped counts kinds of packets of a foreign capture that are no data of TCP or
	// UDP. They are named with the damage, but are none.
	Skipped int
}

// FileDamage is a damage and the file it is in.
type FileDamage struct {
	File string
	pcapng.Damage
}

// maxDamage bounds how many places a report names.
const maxDamage = 1000

// Sound says whether nothing that was written is missing or changed.
func (r *VerifyReport) Sound() bool { return r.Damages == 0 }

func (r *VerifyReport) note(file string, d pcapng.Damage) {
	switch d.Kind {
	case pcapng.Torn:
		r.Torn++
	case capture.Skipped:
		r.Skipped++
	default:
		r.Damages++
	}
	if len(r.Damage) < maxDamage {
		r.Damage = append(r.Damage, FileDamage{file, d})
	}
}

// Missing is the kind of damage that is in no place: the numbers of events come
// in no file, as when a segment was deleted from the middle.
const Missing pcapng.DamageKind = "missing"

// Verify reads everything and checks every byte. The error says that reading
// failed; damage is in the report.
func (r *Files) Verify(ctx context.Context, progress func(done, total int64)) (*VerifyReport, error) {
	return r.inspect(ctx, progress, func(*sockeye.Event, *Reader) error { return nil })
}

// inspect reads everything, reports what is wrong, and gives the events to do.
func (r *Files) inspect(ctx context.Context, progress func(done, total int64), do func(*sockeye.Event, *Reader) error) (*VerifyReport, error) {
	files, err := r.files()
	if err != nil {
		return nil, err
	}
	report := &VerifyReport{Files: len(files)}
	for _, f := range files {
		report.Bytes += f.size
	}
	d, err := r.Read(ReadOptions{Damaged: report.note, Progress: progress})
	if err != nil {
		return nil, err
	}
	defer d.Close()
	told := 0
	err = d.Each(ctx, nil, func(e *sockeye.Event) error {
		switch {
		case !d.missed():
			report.Events++
		case report.Damages+report.Torn == told: // nothing else says why
			report.note(d.path, missing(e))
		}
		told = report.Damages + report.Torn
		return do(e, d)
	})
	return report, err
}

func missing(gap *sockeye.Event) pcapng.Damage {
	last := lastOf(gap)
	return pcapng.Damage{Kind: Missing, Seq: gap.Seq, What: sockeye.Text{
		En: fmt.Sprintf("the events %d to %d are missing", gap.Seq, last),
		Zh: fmt.Sprintf("缺少事件 %d 到 %d", gap.Seq, last)}}
}
