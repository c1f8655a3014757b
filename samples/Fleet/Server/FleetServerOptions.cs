namespace Fleet.Server;

/// <summary>The configuration of the server.</summary>
/// <param name="Url">The URL to listen on; port 0 selects a free port.</param>
/// <param name="Tokens">The bearer tokens that it accepts.</param>
internal sealed record FleetServerOptions(Uri Url, FleetTokens Tokens);
