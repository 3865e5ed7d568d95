package server

import (
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/prometheus/client_golang/prometheus"

	"daypass/internal/audit"
)

// Values of --audit-log that are not the name of a file.
const (
	auditOff    = "off"
	auditOutput = "-"
)

// openTrail opens the audit trail that the configuration names, if any.
func (s *Server) openTrail() error {
	path := s.config.AuditLog
	if path == "" && !s.config.Dev {
		path = filepath.Join(s.config.Data, "audit", audit.FileName)
	}
	var sink audit.Sink
	switch path {
	case "", auditOff:
		return nil
	case auditOutput:
		// If the reader of the records ends first, a write must fail and not kill this
		// process.
		signal.Ignore(syscall.SIGPIPE)
		sink = audit.Output{Writer: os.Stdout}
	default:
		file := &audit.File{
			Path: path, MaxSize: s.config.AuditMaxSize, Keep: s.config.AuditKeep, MaxAge: s.config.AuditMaxAge, Now: s.now,
			Report: func(what string, err error) { s.log.Error("could not "+what, "cause", err.Error()) },
		}
		err := file.Open()
		if err != nil {
			return fmt.Errorf("audit trail: %w", err)
		}
		sink = file
	}
	s.trail = audit.New(sink, s.log, masked, appendID)
	s.metrics.watchTrail(s.trail)
	return nil
}

// watchTrail adds the metrics of the audit trail.
func (m *metrics) watchTrail(t *audit.Trail) {
	for _, c := range []struct {
		name, help string
		value      func(audit.Counts) uint64
	}{
		{"daypass_audit_records_total", "Audit records written.", func(c audit.Counts) uint64 { return c.Written }},
		{"daypass_audit_records_lost_total", "Audit records that could not be written.", func(c audit.Counts) uint64 { return c.Lost }},
		{"daypass_audit_failures_total", "Failed tries to write audit records.", func(c audit.Counts) uint64 { return c.Failures }},
	} {
		m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: c.name, Help: c.help},
			func() float64 { return float64(c.value(t.Counts())) }))
	}
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "daypass_audit_queue", Help: "Audit records that wait to be written.",
	}, func() float64 { return float64(t.Counts().Queued) }))
}
