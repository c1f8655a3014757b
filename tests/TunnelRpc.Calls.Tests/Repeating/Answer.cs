using TunnelRpc.Client;

namespace TunnelRpc.Calls.Tests.Repeating;

/// <summary>Answers by a call of its own, through the client that it is served by.</summary>
internal sealed class Answer : IAnswer
{
    private int _heard;

    /// <summary>Set once it is made.</summary>
    public TunnelClient? Client { get; set; }

    /// <summary>How often it was told something.</summary>
    public int Heard => Volatile.Read(ref _heard);

    public async ValueTask<int> AnswerAsync(int number, CancellationToken cancellationToken = default) =>
        await Client!.Get<IWork>().FindAsync(-number, cancellationToken);

    public ValueTask HearAsync(int number, CancellationToken cancellationToken = default)
    {
        Interlocked.Increment(ref _heard);
        return default;
    }
}
