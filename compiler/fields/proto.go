package fields

import (
	"strconv"
	"time"

	"github.com/go-json-experiment/json/v1"
	"google.golang.org/protobuf/types/known/durationpb"
	networking "istio.io/api/networking/v1alpha3"

	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/schema"
)

// filled maps a field to one of the same type in a part of the object that is
// there only if a field of it has a value. Getters of Istio's types return the
// zero value where the part is missing.
func filled[S, O any, V comparable](spec, object string, from func(*S) *V, get func(*O) V, to func(*O) *V) Row[S, O] {
	return Row[S, O]{
		Spec: spec, Object: object,
		write: func(_ *Conversion, _ *ir.Node, s *S, o *O) {
			if value := *from(s); value != *new(V) {
				*to(o) = value
			}
		},
		read: func(_ *Conversion, o *O, s *S) { *from(s) = get(o) },
	}
}

// interval maps a duration to one of Istio's types.
func interval[S, O any](spec, object string, from func(*S) *string, get func(*O) *durationpb.Duration, to func(*O) **durationpb.Duration) Row[S, O] {
	return Row[S, O]{
		Spec: spec, Object: object,
		write: func(_ *Conversion, _ *ir.Node, s *S, o *O) {
			if d := protoDuration(*from(s)); d != nil {
				*to(o) = d
			}
		},
		read: func(_ *Conversion, o *O, s *S) { *from(s) = readDuration(get(o)) },
	}
}

// protoDuration returns a duration as Istio's types have it; nil for none.
func protoDuration(s string) *durationpb.Duration {
	d, err := time.ParseDuration(s)
	if err != nil {
		return nil
	}
	return durationpb.New(d)
}

func readDuration(d *durationpb.Duration) string {
	if d == nil {
		return ""
	}
	return schema.Duration(d.AsDuration())
}

// Percent returns a percentage as Istio's types have it. The default is 100:
// without a number Istio reads one as none at all, and without the field as all.
func Percent(n json.Number) *networking.Percent {
	value, err := n.Float64()
	if err != nil {
		return &networking.Percent{Value: 100}
	}
	return &networking.Percent{Value: value}
}

func readPercent(p *networking.Percent) json.Number {
	if p == nil || p.Value == 100 {
		return ""
	}
	return number(p.Value)
}

func number(value float64) json.Number {
	return json.Number(strconv.FormatFloat(value, 'f', -1, 64))
}
