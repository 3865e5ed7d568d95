package gate_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"daypass/internal/fault"
	"daypass/internal/gate"
	"daypass/internal/policy"
	"daypass/internal/principal"
)

type (
	input  struct{ fails string } // the step that does
	output struct{ found string }
)

// steps is an operation that tells which of its steps ran.
func steps(ran *[]string) gate.Operation {
	step := func(in *input, name string) error {
		*ran = append(*ran, name)
		if in.fails == name {
			return fault.New(fault.NotFound, "%s", name)
		}
		return nil
	}
	on := gate.Subject{ARN: "arn:aws:codeartifact:us-east-1:111122223333:domain/dom", Account: account}
	return gate.Op("DeleteDomain", func(_ context.Context, _ *gate.Call, in *input) (gate.Subject, string, error) {
		return on, "dom", step(in, "resolve")
	}, func(ctx context.Context, c *gate.Call, in *input, found string) error {
		err := step(in, "further of "+found)
		if err != nil {
			return err
		}
		return c.Authorize(ctx, "kms:Retire", gate.Subject{ARN: "*"})
	}, func(_ context.Context, _ *gate.Call, in *input, found string) (*output, error) {
		return &output{found}, step(in, "run on "+found)
	})
}

func TestDoResolvesJudgesAndOnlyThenRuns(t *testing.T) {
	t.Parallel()
	const own, further = `"codeartifact:DeleteDomain"`, `"kms:Retire"`
	for name, test := range map[string]struct {
		allowed, fails, refused string
		ran                     []string
	}{
		"all goes well":                {"[" + own + "," + further + "]", "", "", []string{"resolve", "further of dom", "run on dom"}},
		"it cannot be resolved":        {"[" + own + "," + further + "]", "resolve", "", []string{"resolve"}},
		"its own action is denied":     {further, "", "codeartifact:DeleteDomain", []string{"resolve"}},
		"a further one is denied":      {own, "", "kms:Retire", []string{"resolve", "further of dom"}},
		"what is judged further fails": {"[" + own + "," + further + "]", "further of dom", "", []string{"resolve", "further of dom"}},
		"it fails":                     {"[" + own + "," + further + "]", "run on dom", "", []string{"resolve", "further of dom", "run on dom"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var ran []string
			c := &gate.Call{Now: now, Principal: &principal.Principal{Ref: principal.Ref{Kind: principal.User, Account: account, ID: userID}, Name: "alice", Path: "/"}}
			c.Grants = &policy.Grants{Identity: parsed(t, "inline", `{"Effect":"Allow","Action":`+test.allowed+`,"Resource":"*"}`, policy.Identity)}
			out, err := steps(&ran).Do(t.Context(), c, "codeartifact:DeleteDomain", &input{test.fails})
			if diff := cmp.Diff(test.ran, ran); diff != "" {
				t.Errorf("steps: %s", diff)
			}
			switch {
			case test.refused != "":
				if !fault.Is(err, fault.AccessDenied) || c.Decision != gate.Deny || c.Action != test.refused || c.Refusal == nil {
					t.Errorf("%v, decision %s on %s", err, c.Decision, c.Action)
				}
			case test.fails != "":
				if !fault.Is(err, fault.NotFound) || out != nil {
					t.Errorf("%v, %v", out, err)
				}
			default:
				if err != nil || out.(*output).found != "dom" || c.Decision != gate.Allow || c.Action != "codeartifact:DeleteDomain" || c.Resource != domainARN {
					t.Errorf("%v, %v, decision %s on %s of %s", out, err, c.Decision, c.Action, c.Resource)
				}
			}
		})
	}
}

func TestWhatNeedsNoPermissionIsAllowedWithoutAJudgement(t *testing.T) {
	t.Parallel()
	op := gate.OpenOp("GetCallerIdentity", func(context.Context, *gate.Call, *input) (*output, error) { return nil, errors.New("no") })
	c := &gate.Call{Now: now}
	out, err := op.Do(t.Context(), c, "sts:GetCallerIdentity", op.New())
	if out != nil || err == nil || !op.Open || c.Decision != gate.Allow || c.Resource != "*" {
		t.Errorf("%v, %v, %+v", out, err, c)
	}
}

func TestRefuseIsADenialWithoutAPolicy(t *testing.T) {
	t.Parallel()
	c := &gate.Call{Now: now}
	err := c.Refuse("a:B", "arn", "not by %s", "root")
	if !fault.Is(err, fault.AccessDenied) || err.Error() != "not by root" || c.Decision != gate.Deny || c.Action != "a:B" || c.Resource != "arn" {
		t.Errorf("%v, %+v", err, c)
	}
}
