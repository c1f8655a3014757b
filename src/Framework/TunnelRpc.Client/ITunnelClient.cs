
namespace TunnelRpc.Client;

/// <summary>A tunnel to a server, as an application sees it; <see cref="TunnelClient"/> is one. Thread-safe.</summary>
public interface ITunnelClient
{
    /// <summary>Raised after each change of <see cref="State"/>, in order and one at a time, on the thread pool. What a handler throws is logged.</summary>
    event EventHandler<TunnelClientStateChangedEventArgs>? StateChanged;

    /// <summary>What the client does about its tunnel now.</summary>
    TunnelClientState State { get; }

    /// <summary>What was tried when the tunnel was connected last, and since, where the session has moved to another path; null before.</summary>
    PathReport? Report { get; }

    /// <summary>The transport that carries the session, or carried it last where it has no path just now; null when there is no session.</summary>
    string? Transport { get; }

    /// <summary>The session's name, as the server knows it; null when there is none.</summary>
    string? SessionId { get; }

    /// <summary>Connects unless a session is up.</summary>
    /// <exception cref="TunnelConnectException">There is no path to the server; its report says what was tried.</exception>
    Task ConnectAsync(CancellationToken cancellationToken = default);

    /// <summary>A stub whose calls go to the server. May be made before the tunnel is connected, and kept.</summary>
    TService Get<TService>()
        where TService : class, ITunnelService<TService>;
}
