namespace TunnelRpc.Calls.Tests.Retrying;

/// <summary>What is called while a call runs.</summary>
[TunnelService]
public partial interface ICallbackService
{
    ValueTask<int> AnswerAsync(int number, CancellationToken cancellationToken = default);

    [OneWay]
    ValueTask NotifyAsync(int number, CancellationToken cancellationToken = default);
}
