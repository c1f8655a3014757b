namespace TunnelRpc.Client.Connecting;

/// <summary>The result of one connect attempt at all addresses.</summary>
/// <param name="Failure">Why the attempt failed; null when it opened a session.</param>
/// <param name="RetryDelay">The delay between this attempt and the next one.</param>
internal sealed record ConnectAttempt(TunnelConnectException? Failure, TimeSpan RetryDelay)
{
    /// <summary>
    /// Whether a caller that has waited for <paramref name="waited"/> fails with this attempt: when another attempt cannot help, or when
    /// the next one starts after the caller's <paramref name="connectTimeout"/>.
    /// </summary>
    public bool IsFinal(TimeSpan waited, TimeSpan connectTimeout) =>
        Failure is not null && (!Failure.IsTransient || waited + RetryDelay >= connectTimeout);
}
