using TunnelRpc.Client;

namespace TunnelRpc.Calls.Tests.Retrying;

/// <summary>Answers by a call of its own, through the client that it is served by.</summary>
internal sealed class CallbackService : ICallbackService
{
    private int _notifications;

    /// <summary>Set once it is made.</summary>
    public TunnelClient? Client { get; set; }

    /// <summary>How often it was told something.</summary>
    public int NotificationCount => Volatile.Read(ref _notifications);

    public async ValueTask<int> AnswerAsync(int number, CancellationToken cancellationToken = default) =>
        await Client!.Get<IWork>().FindAsync(-number, cancellationToken);

    public ValueTask NotifyAsync(int number, CancellationToken cancellationToken = default)
    {
        Interlocked.Increment(ref _notifications);
        return default;
    }
}
