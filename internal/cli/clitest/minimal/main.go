// Command minimal gets a token with the AWS SDK's own client and does nothing else.
// The start of daypass get-authorization-token is measured against it.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/codeartifact"
)

func main() {
	if err := run(context.Background(), os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, domain string) error {
	c, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return err
	}
	out, err := codeartifact.NewFromConfig(c).GetAuthorizationToken(ctx, &codeartifact.GetAuthorizationTokenInput{Domain: aws.String(domain)})
	if err != nil {
		return err
	}
	fmt.Println(aws.ToString(out.AuthorizationToken), aws.ToTime(out.Expiration))
	return nil
}
