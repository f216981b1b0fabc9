# The program alone, as compose.yaml runs it. It has no parts of the system's, so any base would do;
# this one has a wget for health checks.
FROM golang:1.26-alpine AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -buildvcs=false -o /authtrail .

FROM alpine:3.22
COPY --from=build /authtrail /usr/local/bin/authtrail
USER 1000:1000
EXPOSE 8080
ENTRYPOINT ["authtrail"]
