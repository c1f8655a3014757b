using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace TunnelRpc.Hosting;

// Decision: docs/adr/0069-presence.md
/// <summary>The observers of the sessions of a server. Thread-safe.</summary>
/// <param name="services">
/// The application's services. The observers are created for the first session, not with the server, as they may need
/// <see cref="ITunnelClients{TCallback}"/>, which needs the server.
/// </param>
/// <param name="logger">The log of the server.</param>
internal sealed class SessionObservers(IServiceProvider services, ILogger logger) : IAsyncDisposable
{
    private readonly Lazy<ITunnelSessionObserver[]> _observers = new(() => CreateObservers(services, logger));
    private readonly CancellationTokenSource _stopped = new();

    // The queues that make notifications now. A queue removes itself when it is empty.
    private readonly ConcurrentDictionary<SessionEventQueue, bool> _active = new();

    /// <summary>The observers, in the order in which they are notified.</summary>
    public IReadOnlyList<ITunnelSessionObserver> All => _observers.Value;

    /// <summary>Cancelled when the server has stopped.</summary>
    public CancellationToken Stopped => _stopped.Token;

    /// <summary>The log of the server.</summary>
    public ILogger Logger => logger;

    /// <summary>Whether no observer is registered.</summary>
    public bool IsEmpty { get; } = !IsRegistered(services);

    /// <summary>Completes, without an exception, when all notifications that were due have been made.</summary>
    public async Task WaitUntilIdleAsync()
    {
        while (_active.Keys.ToArray() is { Length: > 0 } queues)
        {
            await Task.WhenAll(queues.Select(queue => queue.Idle)).ConfigureAwait(false);
        }
    }

    /// <summary>A queue makes notifications.</summary>
    public void OnActive(SessionEventQueue queue) => _active.TryAdd(queue, true);

    /// <summary>A queue is empty.</summary>
    public void OnIdle(SessionEventQueue queue) => _active.TryRemove(queue, out _);

    /// <summary>Cancels the token of the notifications that still run.</summary>
    public async ValueTask DisposeAsync() => await _stopped.CancelAsync().ConfigureAwait(false);

    private static bool IsRegistered(IServiceProvider services) =>
        services.GetService<IServiceProviderIsService>()?.IsService(typeof(ITunnelSessionObserver)) ?? true;

    private static ITunnelSessionObserver[] CreateObservers(IServiceProvider services, ILogger logger)
    {
        try
        {
            return [.. services.GetServices<ITunnelSessionObserver>()];
        }
        catch (Exception error)
        {
            HostingLog.ObserversNotCreated(logger, error);
            return [];
        }
    }
}
