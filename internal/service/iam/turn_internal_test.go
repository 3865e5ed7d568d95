package iam

import (
	"context"
	"strings"
	"testing"

	api "daypass/api/iam"
	"daypass/internal/fault"
	"daypass/internal/gate"
	"daypass/internal/principal"
)

// A late context is past its deadline after a number of calls of Err.
type late struct {
	context.Context
	left *int
}

func (l late) Err() error {
	if *l.left--; *l.left < 0 {
		return context.DeadlineExceeded
	}
	return nil
}

func TestASimulationEndsBetweenTwoResourcesWhenItsTimeIsOver(t *testing.T) {
	t.Parallel()
	left := 2
	m := simulation{caller: &principal.Principal{}}
	_, err := m.evaluate(late{t.Context(), &left}, "iam:GetUser", []string{"*", "*", "*"})
	if err == nil || left != -1 {
		t.Errorf("evaluate = %v, and was asked %d times more", err, left)
	}
}

func TestASimulationTakesItsTurnAndItsTime(t *testing.T) {
	t.Parallel()
	turn := make(turns, 1)
	in := new(api.SimulateCustomPolicyInput)
	run := func(err error) error {
		_, err = inTime(inTurn(turn, func(ctx context.Context, _ *gate.Call, _ *api.SimulateCustomPolicyInput) (*api.SimulateCustomPolicyOutput, error) {
			if _, limited := ctx.Deadline(); !limited || len(turn) != 1 {
				t.Errorf("limited = %v, %d at once", limited, len(turn))
			}
			return nil, err
		}))(t.Context(), nil, in)
		return err
	}
	if err := run(nil); err != nil || len(turn) != 0 {
		t.Errorf("its turn: %v, %d still run", err, len(turn))
	}
	err := run(context.DeadlineExceeded)
	if !fault.Is(err, fault.InvalidInput) || !strings.Contains(err.Error(), "longer than 5s") {
		t.Errorf("too slow: %v", err)
	}
	turn <- struct{}{}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = inTurn(turn, func(context.Context, *gate.Call, *api.SimulateCustomPolicyInput) (*api.SimulateCustomPolicyOutput, error) {
		t.Error("another one runs")
		return nil, nil
	})(gone, nil, in)
	if !fault.Is(err, fault.Throttling) {
		t.Errorf("while others run: %v", err)
	}
}

func TestOperationsThatCostMuchTakeTurns(t *testing.T) {
	t.Parallel()
	turn := make(turns, 1)
	turn <- struct{}{}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	costly := new(Service).simulateOperations(turn)
	for _, op := range new(Service).accountOperations(turn) {
		if op.Name == "GetAccountAuthorizationDetails" || op.Name == "GenerateCredentialReport" {
			costly = append(costly, op)
		}
	}
	if len(costly) != 6 {
		t.Fatalf("%d operations", len(costly))
	}
	for _, op := range costly {
		c := &gate.Call{Principal: &principal.Principal{Ref: principal.Ref{Kind: principal.Root, Account: "111111111111", ID: "111111111111"}}}
		_, err := op.Do(gone, c, "iam:"+op.Name, op.New())
		if !fault.Is(err, fault.Throttling) {
			t.Errorf("%s while another runs: %v", op.Name, err)
		}
	}
}
