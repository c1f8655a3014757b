namespace Fleet.Server;

/// <summary>What a fleet's server must be told.</summary>
/// <param name="Url">Where it listens; port 0 picks a free one.</param>
/// <param name="AgentToken">What agents prove themselves with.</param>
/// <param name="OperatorToken">What operators prove themselves with.</param>
internal sealed record FleetServerOptions(Uri Url, string AgentToken, string OperatorToken);
