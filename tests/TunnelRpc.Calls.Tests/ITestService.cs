namespace TunnelRpc.Calls.Tests;

/// <summary>Methods of every shape. Both sides serve it, so that every test runs in both directions.</summary>
[TunnelService(Callback = typeof(ITestService))]
public partial interface ITestService
{
    Task<Payload> EchoAsync(Payload payload, CancellationToken cancellationToken = default);

    ValueTask<int> AddAsync(int left, int right = 10, CancellationToken cancellationToken = default);

    Task TouchAsync(string name, CancellationToken cancellationToken = default);

    ValueTask TouchValueAsync(string name, CancellationToken cancellationToken = default);

    [OneWay]
    ValueTask NotifyAsync(string name);

    Task<byte[]> ReverseAsync(byte[] bytes, CancellationToken cancellationToken = default);

    Task<string> FailAsync(string kind, CancellationToken cancellationToken = default);

    /// <summary>Runs until it is cancelled.</summary>
    Task<string> BlockAsync(string name, CancellationToken cancellationToken = default);

    IAsyncEnumerable<int> CountAsync(int count, CancellationToken cancellationToken = default);

    /// <summary>Yields items until it is cancelled.</summary>
    IAsyncEnumerable<long> EndlessAsync(string name, CancellationToken cancellationToken = default);

    IAsyncEnumerable<string> FailAfterAsync(int count, CancellationToken cancellationToken = default);

    IAsyncEnumerable<byte[]> BlocksAsync(int count, int size, CancellationToken cancellationToken = default);

    Task<long> SumAsync(IAsyncEnumerable<int> numbers, CancellationToken cancellationToken = default);

    Task<int> TakeFirstAsync(IAsyncEnumerable<int> numbers, CancellationToken cancellationToken = default);

    IAsyncEnumerable<string> ShoutAsync(IAsyncEnumerable<string> words, string suffix, CancellationToken cancellationToken = default);

    /// <summary>Nests <paramref name="depth"/> callbacks: each call calls its caller.</summary>
    Task<int> NestAsync(int depth, CancellationToken cancellationToken = default);

    /// <summary>Returns the sum of a stream that it requests from the caller.</summary>
    Task<long> SumBackAsync(int count, CancellationToken cancellationToken = default);
}
