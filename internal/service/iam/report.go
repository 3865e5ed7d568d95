package iam

import (
	"bytes"
	"context"
	"encoding/csv"
	"strconv"
	"time"

	api "daypass/api/iam"
	"daypass/internal/arn"
	"daypass/internal/fault"
	"daypass/internal/gate"
	"daypass/internal/identity"
)

// reportLife is the lifetime of a credential report. Until it ends no new report is
// made.
//
// Source: IAM User Guide, "Generate credential reports for your AWS account".
const reportLife = 4 * time.Hour

// generateReport makes a report at once. The first answer is STARTED all the same:
// clients that wait for COMPLETE ask again.
func (s *Service) generateReport(ctx context.Context, c *gate.Call, _ *api.GenerateCredentialReportInput) (*api.GenerateCredentialReportOutput, error) {
	account := c.Principal.Account
	_, made, err := s.Directory.Report(ctx, account)
	switch {
	case err == nil && c.Now.Before(made.Add(reportLife)):
		return &api.GenerateCredentialReportOutput{State: "COMPLETE"}, nil
	case err != nil && !fault.Is(err, fault.ReportNotPresent):
		return nil, err
	}
	holders, err := s.Directory.UserCredentials(ctx, account)
	if err != nil {
		return nil, err
	}
	content, err := report(holders)
	if err != nil {
		return nil, err
	}
	err = s.Directory.SaveReport(ctx, account, c.Now, content)
	if err != nil {
		return nil, err
	}
	return &api.GenerateCredentialReportOutput{State: "STARTED", Description: "No report exists. Starting a new report generation task"}, nil
}

func (s *Service) getReport(ctx context.Context, c *gate.Call, _ *api.GetCredentialReportInput) (*api.GetCredentialReportOutput, error) {
	content, made, err := s.Directory.Report(ctx, c.Principal.Account)
	if err != nil {
		return nil, err
	}
	if !c.Now.Before(made.Add(reportLife)) {
		return nil, fault.New(fault.ReportExpired, "The credential report of this account is older than %d hours: make another one with GenerateCredentialReport.", reportLife/time.Hour)
	}
	return &api.GetCredentialReportOutput{Content: content, ReportFormat: "text/csv", GeneratedTime: date(made)}, nil
}

// columns are the report's columns.
//
// Source: IAM User Guide, "Credential report format".
var columns = []string{
	"user", "arn", "user_creation_time", "password_enabled", "password_last_used", "password_last_changed", "password_next_rotation", "mfa_active",
	"access_key_1_active", "access_key_1_last_rotated", "access_key_1_last_used_date", "access_key_1_last_used_region", "access_key_1_last_used_service",
	"access_key_2_active", "access_key_2_last_rotated", "access_key_2_last_used_date", "access_key_2_last_used_region", "access_key_2_last_used_service",
	"cert_1_active", "cert_1_last_rotated", "cert_2_active", "cert_2_last_rotated",
}

// keyColumns is the number of access keys that a report has columns for.
const keyColumns = 2

func report(holders []*identity.UserCredentials) ([]byte, error) {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	rows := [][]string{columns}
	for _, h := range holders {
		rows = append(rows, row(h))
	}
	err := w.WriteAll(rows)
	return b.Bytes(), err
}

// row returns a user's row. It shows no password and no certificates: Daypass has
// neither.
func row(h *identity.UserCredentials) []string {
	row := []string{h.Name, identity.ARN(h.Entity), reportDate(h.Created), "false", notAvailable, notAvailable, notAvailable}
	if h.ID == h.Account {
		row = []string{"<root_account>", arn.Root(h.Account), reportDate(h.Created), "not_supported", "no_information", "not_supported", "not_supported"}
	}
	row = append(row, strconv.FormatBool(h.MFA))
	for i := range keyColumns {
		row = append(row, keyCells(h, i)...)
	}
	return append(row, "false", notAvailable, "false", notAvailable)
}

func keyCells(h *identity.UserCredentials, i int) []string {
	if i >= len(h.Keys) {
		return []string{"false", notAvailable, notAvailable, notAvailable, notAvailable}
	}
	k := h.Keys[i]
	cells := []string{strconv.FormatBool(k.Status == identity.KeyActive), reportDate(k.Created), notAvailable, notAvailable, notAvailable}
	if !k.Used.At.IsZero() {
		cells = append(cells[:2], reportDate(k.Used.At), k.Used.Region, k.Used.Service)
	}
	return cells
}

func reportDate(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05+00:00") }
