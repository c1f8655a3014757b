namespace TunnelRpc.Calls.Tests.Repeating;

/// <summary>What is called while a call runs.</summary>
[TunnelService]
public partial interface IAnswer
{
    ValueTask<int> AnswerAsync(int number, CancellationToken cancellationToken = default);

    [OneWay]
    ValueTask HearAsync(int number, CancellationToken cancellationToken = default);
}
