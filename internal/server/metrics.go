package server

import (
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"daypass/internal/blob"
)

// metrics are the metrics that /metrics serves. Their labels have a bounded number of
// values: operations and routes come from tables, never from a request.
type metrics struct {
	registry *prometheus.Registry
	mu       sync.RWMutex
	known    map[outcome]series
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	denied   *prometheus.CounterVec
	slowed   *prometheus.CounterVec
	content  *prometheus.CounterVec
}

// An outcome is a request's operation and HTTP status. A series is the counters of one
// outcome. They are kept because a look-up by labels takes longer than the counting.
type outcome struct {
	operation string
	status    int
}

type series struct {
	requests prometheus.Counter
	seconds  prometheus.Observer
}

func newMetrics() *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		known:    map[outcome]series{},
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "daypass_requests_total", Help: "Requests answered, by operation and HTTP status.",
		}, []string{"operation", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "daypass_request_duration_seconds", Help: "Time to answer a request.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10, 60},
		}, []string{"operation"}),
		denied: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "daypass_refusals_total", Help: "Requests refused, by error code.",
		}, []string{"code"}),
		slowed: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "daypass_throttled_total", Help: "Requests refused because there were too many, by limit.",
		}, []string{"limit"}),
		content: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "daypass_content_failures_total", Help: "Requests that failed on content that is missing, cut or unreachable, by which of these.",
		}, []string{"reason"}),
	}
	m.registry.MustRegister(m.requests, m.seconds, m.denied, m.slowed, m.content,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

func (m *metrics) observe(e *event, status int, took time.Duration) {
	operation := e.operation
	if operation == "" {
		operation = "other"
	}
	of := m.series(outcome{operation, status})
	of.requests.Inc()
	of.seconds.Observe(took.Seconds())
	if e.fault != nil {
		m.denied.WithLabelValues(e.fault.Kind.Code(0)).Inc()
		if reason := blob.Failure(e.fault); reason != "" {
			m.content.WithLabelValues(reason).Inc()
		}
	}
	if e.throttled != "" {
		m.slowed.WithLabelValues(e.throttled).Inc()
	}
}

func (m *metrics) series(o outcome) series {
	m.mu.RLock()
	found, ok := m.known[o]
	m.mu.RUnlock()
	if !ok {
		found = series{m.requests.WithLabelValues(o.operation, strconv.Itoa(o.status)), m.seconds.WithLabelValues(o.operation)}
		m.mu.Lock()
		m.known[o] = found
		m.mu.Unlock()
	}
	return found
}

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}
