using TunnelRpc.Client.Paths;

namespace TunnelRpc.Client.Connecting;

/// <summary>What a try to connect came to.</summary>
/// <param name="Failure">Why it failed; null when there is a session.</param>
/// <param name="RetryDelay">How long after it the next one comes.</param>
internal sealed record ConnectAttempt(TunnelConnectException? Failure, TimeSpan RetryDelay);
