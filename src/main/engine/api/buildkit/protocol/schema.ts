/**
 * The messages of BuildKit that this engine speaks, each with the fields it uses; the numbers are what counts on the wire, and what is left out is skipped by both sides.
 * https://github.com/moby/buildkit: api/services/control/control.proto, api/types/worker.proto, frontend/gateway/pb/gateway.proto, util/apicaps/pb/caps.proto, solver/pb/ops.proto,
 * session/{auth,secrets,sshforward}; https://github.com/tonistiigi/fsutil: types/{stat,wire}.proto; https://github.com/googleapis/googleapis: google/rpc/status.proto.
 */
export const SCHEMA = `
syntax = "proto3";

message Empty {}
message Bytes { bytes data = 1; }
message Timestamp { int64 seconds = 1; int32 nanos = 2; }
message Any { string type_url = 1; bytes value = 2; }
message Status { int32 code = 1; string message = 2; repeated Any details = 3; }

message Definition { repeated bytes def = 1; map<string, Empty> metadata = 2; }
message Op { repeated OpInput inputs = 1; SourceOp source = 3; }
message OpInput { string digest = 1; int64 index = 2; }
message SourceOp { string identifier = 1; }
message Exporter { string Type = 1; map<string, string> Attrs = 2; }
message CacheEntry { string Type = 1; map<string, string> Attrs = 2; }
message CacheOptions { repeated CacheEntry Exports = 4; repeated CacheEntry Imports = 5; }
message SolveRequest {
  string Ref = 1;
  Definition Definition = 2;
  string ExporterDeprecated = 3;
  map<string, string> ExporterAttrsDeprecated = 4;
  string Session = 5;
  string Frontend = 6;
  map<string, string> FrontendAttrs = 7;
  CacheOptions Cache = 8;
  repeated string Entitlements = 9;
  repeated Exporter Exporters = 13;
}
message SolveResponse { map<string, string> ExporterResponse = 1; }

message StatusRequest { string Ref = 1; }
message StatusResponse { repeated Vertex vertexes = 1; repeated VertexStatus statuses = 2; repeated VertexLog logs = 3; repeated VertexWarning warnings = 4; }
message Vertex { string digest = 1; repeated string inputs = 2; string name = 3; bool cached = 4; Timestamp started = 5; Timestamp completed = 6; string error = 7; }
message VertexStatus { string ID = 1; string vertex = 2; string name = 3; int64 current = 4; int64 total = 5; Timestamp timestamp = 6; Timestamp started = 7; Timestamp completed = 8; }
message VertexLog { string vertex = 1; Timestamp timestamp = 2; int64 stream = 3; bytes msg = 4; }
message VertexWarning { string vertex = 1; int64 level = 2; bytes short = 3; repeated bytes detail = 4; string url = 5; }

message InfoResponse { BuildkitVersion buildkitVersion = 1; }
message BuildkitVersion { string package = 1; string version = 2; string revision = 3; }
message ListWorkersResponse { repeated WorkerRecord record = 1; }
message WorkerRecord { string ID = 1; map<string, string> Labels = 2; repeated Platform platforms = 3; BuildkitVersion BuildkitVersion = 5; }
message Platform { string Architecture = 1; string OS = 2; string Variant = 3; }
message DiskUsageResponse { repeated UsageRecord record = 1; }
message PruneRequest { repeated string filter = 1; bool all = 2; int64 keepDuration = 3; int64 keepBytes = 4; }
message UsageRecord {
  string ID = 1; bool Mutable = 2; bool InUse = 3; int64 Size = 4; string Parent = 5; Timestamp CreatedAt = 6; Timestamp LastUsedAt = 7;
  int64 UsageCount = 8; string Description = 9; string RecordType = 10; bool Shared = 11; repeated string Parents = 12;
}

message GatewaySolveRequest { Definition Definition = 1; string Frontend = 2; map<string, string> FrontendOpt = 3; map<string, Definition> FrontendInputs = 13; }
message GatewaySolveResponse { string ref = 1; Result result = 3; }
message Result { oneof result { string refDeprecated = 1; Reference ref = 3; } map<string, bytes> metadata = 10; }
message Reference { string id = 1; Definition def = 2; }
message ReturnRequest { Result result = 1; Status error = 2; }
message PongResponse { repeated Capability FrontendAPICaps = 1; repeated Capability LLBCaps = 2; repeated WorkerRecord Workers = 3; }
message Capability { string ID = 1; bool Enabled = 2; }

message Packet { int32 type = 1; Stat stat = 2; uint32 ID = 3; bytes data = 4; }
message Stat { string path = 1; uint32 mode = 2; uint32 uid = 3; uint32 gid = 4; int64 size = 5; int64 modTime = 6; string linkname = 7; int64 devmajor = 8; int64 devminor = 9; map<string, bytes> xattrs = 10; }

message CredentialsRequest { string Host = 1; }
message CredentialsResponse { string Username = 1; string Secret = 2; }
message GetSecretRequest { string ID = 1; }
message GetSecretResponse { bytes data = 1; }
message CheckAgentRequest { string ID = 1; }
`
