package main

import (
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/authtrail/authtrail/auth"
)

type tokenCommand struct {
	HS256SecretFile string        `name:"hs256-secret-file" required:"" type:"path" placeholder:"FILE" help:"File that holds the secret: its bytes less a final newline."`
	Subject         string        `required:"" placeholder:"ID" help:"Who the token is for: the sub claim."`
	Org             string        `required:"" placeholder:"ORG" help:"The org that it gives access to: the org claim."`
	Role            string        `default:"viewer" enum:"viewer,editor,owner" help:"What it allows: ${enum}."`
	TTL             time.Duration `name:"ttl" default:"1h" placeholder:"TIME" help:"How long it is valid."`
	Issuer          string        `placeholder:"ISS" help:"The iss claim, where the server asks for one."`
	Audience        string        `placeholder:"AUD" help:"The aud claim, where the server asks for one."`
}

// Run implements the command.
func (c tokenCommand) Run(s streams) error {
	secret, err := auth.ReadSecret(c.HS256SecretFile)
	if err != nil {
		return err
	}
	if c.TTL <= 0 {
		return exitError{exitUsage, fmt.Errorf("--ttl %s: must be more than 0", c.TTL)}
	}
	now := time.Now()
	claims := jwt.MapClaims{
		"sub": c.Subject, "org": c.Org, "iat": now.Unix(), "exp": now.Add(c.TTL).Unix(),
		"roles": map[string]string{auth.API: c.Role},
	}
	if c.Issuer != "" {
		claims["iss"] = c.Issuer
	}
	if c.Audience != "" {
		claims["aud"] = c.Audience
	}
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString(secret)
	if err != nil {
		return fmt.Errorf("sign the token: %w", err)
	}
	_, err = fmt.Fprintln(s.out, token)
	return err
}
