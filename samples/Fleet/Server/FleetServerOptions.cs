namespace Fleet.Server;

/// <summary>The configuration of the server.</summary>
/// <param name="Url">The URL to listen on; port 0 selects a free port.</param>
/// <param name="AgentToken">The bearer token of agents.</param>
/// <param name="OperatorToken">The bearer token of operators.</param>
internal sealed record FleetServerOptions(Uri Url, string AgentToken, string OperatorToken);
