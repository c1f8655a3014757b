namespace TunnelRpc;

/// <summary>The clients that are connected to this server. Thread-safe; inject it anywhere.</summary>
/// <typeparam name="TCallback">The contract that the clients serve.</typeparam>
public interface ITunnelClients<out TCallback>
    where TCallback : class
{
    /// <summary>The names of the sessions that are connected now.</summary>
    IReadOnlyCollection<string> SessionIds { get; }

    /// <summary>
    /// Every session that is connected when a call is made. Methods without a result only: a one-way call is handed to each
    /// session; a call that is waited for completes when every session has, and fails when one did.
    /// </summary>
    TCallback All { get; }

    /// <summary>One session. Its calls fail with <see cref="TunnelStatus.Unavailable"/> when it is not connected.</summary>
    TCallback Session(string sessionId);
}
