namespace TunnelRpc.Calls.Tests.InMemory;

/// <summary>The contract of the application.</summary>
[TunnelService(Callback = typeof(IVisitor))]
public partial interface IDesk
{
    Task<string> GreetAsync(string name, CancellationToken cancellationToken = default);

    /// <summary>Calls the caller and returns its result.</summary>
    Task<string> AskBackAsync(string question, CancellationToken cancellationToken = default);

    IAsyncEnumerable<int> CountAsync(int count, CancellationToken cancellationToken = default);

    Task<long> SumAsync(IAsyncEnumerable<int> numbers, CancellationToken cancellationToken = default);

    Task<byte[]> EchoAsync(byte[] bytes, CancellationToken cancellationToken = default);
}
