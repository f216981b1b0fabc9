// Package model holds the inputs, enums and scalars of the GraphQL schema: those
// that gqlgen generates, and the few that need more than it can generate.
package model
