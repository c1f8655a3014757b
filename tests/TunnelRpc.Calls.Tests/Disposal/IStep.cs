namespace TunnelRpc.Calls.Tests.Disposal;

/// <summary>The contract of the client in tests of disposal: each call runs a step of the test.</summary>
[TunnelService]
public partial interface IStep
{
    Task RunAsync(string step, CancellationToken cancellationToken = default);

    [OneWay]
    ValueTask NoteAsync(string step, CancellationToken cancellationToken = default);

    IAsyncEnumerable<int> StreamAsync(string step, CancellationToken cancellationToken = default);
}
