namespace TunnelRpc.Calls.Tests.Diagnosis;

[TunnelService]
internal partial interface IWaiting
{
    /// <summary>Ends when the test releases it.</summary>
    Task WaitAsync(CancellationToken cancellationToken);

    /// <summary>Takes no item until the test releases it.</summary>
    Task TakeAsync(IAsyncEnumerable<byte[]> items, CancellationToken cancellationToken);
}
