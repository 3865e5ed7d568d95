package identity_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"daypass/internal/fault"
	"daypass/internal/identity"
	"daypass/internal/principal"
)

// another is a replica on the same database.
func (i *instance) another() *instance {
	return &instance{Directory: identity.New(i.Config), t: i.t, clock: i.clock}
}

func TestTheLastUseOfAKeyIsKnownAtOnceHereAndElsewhereOnceItIsFlushed(t *testing.T) {
	t.Parallel()
	i := started(t)
	ctx := t.Context()
	i.user("u")
	pair, _, err := i.CreateKey(ctx, account, "u")
	i.must(err)
	_, ref, err := i.Key(ctx, pair.AccessKeyID)
	i.must(err)
	elsewhere := i.another()
	last := func(i *instance) identity.Use {
		owner, u, err := i.KeyUse(ctx, account, pair.AccessKeyID)
		i.must(err)
		equal(t, "u", owner.Name)
		return u
	}
	first := identity.Use{At: i.clock.UTC().Truncate(time.Millisecond), Service: "sts", Region: "eu-west-1"}
	second := identity.Use{At: first.At.Add(time.Second), Service: "iam", Region: "us-east-1"}
	equal(t, identity.Use{}, last(i))
	i.Used(pair.AccessKeyID, ref, second)
	i.Used(pair.AccessKeyID, ref, first) // a request that took longer
	equal(t, []identity.Use{second, {}}, []identity.Use{last(i), last(elsewhere)})
	i.must(i.FlushUses(ctx))
	equal(t, []identity.Use{second, second}, []identity.Use{last(i), last(elsewhere)})
	elsewhere.Used(pair.AccessKeyID, ref, first)
	i.must(elsewhere.FlushUses(ctx))
	equal(t, second, last(i))

	_, _, err = i.KeyUse(ctx, other, pair.AccessKeyID)
	refuses(t, err, fault.NotFound, "The Access Key with id "+pair.AccessKeyID+" cannot be found.")
	i.Used(pair.AccessKeyID, ref, second)
	i.must(i.DeleteKey(ctx, account, "u", pair.AccessKeyID))
	i.must(i.FlushUses(ctx))
	_, _, err = i.KeyUse(ctx, account, pair.AccessKeyID)
	equal(t, true, fault.Is(err, fault.NotFound))
}

func TestRolesAndRootHaveALastUseAndOtherSessionsNone(t *testing.T) {
	t.Parallel()
	i := started(t)
	ctx := t.Context()
	role, user := i.role("r", trustAll), i.user("u")
	at := identity.Use{At: i.clock.UTC().Truncate(time.Millisecond), Service: "codeartifact", Region: "eu-west-1"}
	session := &principal.Session{}
	i.Used("ASIA1", principal.Ref{Kind: principal.Role, Account: account, ID: role.ID, Session: session}, at)
	i.Used("ASIA2", principal.Ref{Kind: principal.User, Account: account, ID: user.ID, Session: session}, at)
	i.Used(rootKey.AccessKeyID, principal.Ref{Kind: principal.Root, Account: account, ID: account}, at)
	i.must(i.FlushUses(ctx))
	ofRole, err := i.RoleUse(ctx, role.ID)
	i.must(err)
	ofUser, err := i.RoleUse(ctx, user.ID)
	i.must(err)
	owner, ofRoot, err := i.KeyUse(ctx, account, rootKey.AccessKeyID)
	i.must(err)
	equal(t, []identity.Use{at, {}, at}, []identity.Use{ofRole, ofUser, ofRoot})
	equal(t, true, owner == nil)
	_, _, err = i.KeyUse(ctx, other, rootKey.AccessKeyID)
	equal(t, true, fault.Is(err, fault.NotFound))
}

func TestUsesThatCannotBeWrittenAreKept(t *testing.T) {
	t.Parallel()
	i := started(t)
	role := i.role("r", trustAll)
	at := identity.Use{At: i.clock.UTC().Truncate(time.Millisecond), Service: "iam"}
	i.Used("ASIA1", principal.Ref{Kind: principal.Role, Account: account, ID: role.ID}, at)
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	if i.FlushUses(canceled) == nil {
		t.Error("wrote in a canceled context")
	}
	i.must(i.FlushUses(t.Context()))
	u, err := i.another().RoleUse(t.Context(), role.ID)
	i.must(err)
	equal(t, at, u)
}

func TestUsesAreRecordedDuringAFlush(t *testing.T) {
	t.Parallel()
	i := started(t)
	role := i.role("r", trustAll)
	ref := principal.Ref{Kind: principal.Role, Account: account, ID: role.ID}
	start := i.clock.UTC().Truncate(time.Millisecond)
	var all sync.WaitGroup
	for n := range 8 {
		all.Go(func() {
			for m := range 50 {
				i.Used(fmt.Sprint("ASIA", n), ref, identity.Use{At: start.Add(time.Duration(m) * time.Second)})
				if m%10 != n {
					continue
				}
				err := i.FlushUses(t.Context())
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	i.must(i.FlushUses(t.Context()))
	u, err := i.another().RoleUse(t.Context(), role.ID)
	i.must(err)
	equal(t, start.Add(49*time.Second), u.At)
}
