package server

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestReadinessIsAskedOnceASecondForAll(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		asked, answer := 0, error(nil)
		r := &readiness{check: func(context.Context) error {
			time.Sleep(100 * time.Millisecond)
			asked++
			return answer
		}}
		everybody := func() {
			var wait sync.WaitGroup
			for range 2000 {
				wait.Go(func() {
					if err := r.Err(t.Context()); !errors.Is(err, answer) {
						t.Errorf("%v, want %v", err, answer)
					}
				})
			}
			wait.Wait()
		}
		everybody()
		everybody()
		if asked != 1 {
			t.Errorf("asked %d times in a second", asked)
		}
		time.Sleep(time.Second)
		answer = errors.New("away")
		everybody()
		if asked != 2 {
			t.Errorf("asked %d times in two seconds", asked)
		}
	})
}

func TestReadinessDoesNotWaitForAPartThatHangs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		asked, release := 0, make(chan struct{})
		r := &readiness{check: func(context.Context) error { // ignores its context, as a disk that hangs does
			asked++
			<-release
			return nil
		}}
		for _, want := range []time.Duration{2 * time.Second, 0} {
			began := time.Now()
			if err := r.Err(t.Context()); err == nil {
				t.Error("ready")
			}
			if took := time.Since(began); took != want {
				t.Errorf("answered after %v, want %v", took, want)
			}
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if err := r.Err(t.Context()); err == nil || asked != 1 {
			t.Errorf("%v after %d looks side by side", err, asked)
		}
		close(release)
		synctest.Wait()
		if err := r.Err(t.Context()); err != nil {
			t.Errorf("once it answers: %v", err)
		}
	})
}
