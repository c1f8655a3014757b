namespace TunnelRpc.Calls.Tests.Retrying;

/// <summary>A callback contract: the server calls it while it serves a call.</summary>
[TunnelService]
public partial interface ICallbackService
{
    ValueTask<int> AnswerAsync(int number, CancellationToken cancellationToken = default);

    [OneWay]
    ValueTask NotifyAsync(int number, CancellationToken cancellationToken = default);
}
