using TunnelRpc.Client;

namespace TunnelRpc.Calls.Tests.Retrying;

/// <summary>A callback service that makes a nested call through the client that serves it.</summary>
internal sealed class CallbackService : ICallbackService
{
    private int _notifications;

    /// <summary>The client that serves this object. Set after the client is created.</summary>
    public TunnelClient? Client { get; set; }

    /// <summary>The number of notifications.</summary>
    public int NotificationCount => Volatile.Read(ref _notifications);

    public async ValueTask<int> AnswerAsync(int number, CancellationToken cancellationToken = default) =>
        await Client!.Get<IWork>().FindAsync(-number, cancellationToken);

    public ValueTask NotifyAsync(int number, CancellationToken cancellationToken = default)
    {
        Interlocked.Increment(ref _notifications);
        return default;
    }
}
