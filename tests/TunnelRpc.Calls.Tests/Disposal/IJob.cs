namespace TunnelRpc.Calls.Tests.Disposal;

/// <summary>The contract of the server in tests of disposal: each call runs a step of the test.</summary>
[TunnelService(Callback = typeof(IStep))]
public partial interface IJob
{
    /// <summary>Calls <see cref="IStep.RunAsync"/> of the caller.</summary>
    Task CallBackAsync(string step, CancellationToken cancellationToken = default);

    /// <summary>Runs a step of the test on the server.</summary>
    Task RunAsync(string step, CancellationToken cancellationToken = default);

    /// <summary>Runs a step of the test on the server, and returns a stream that ends after it.</summary>
    IAsyncEnumerable<int> StreamAsync(string step, CancellationToken cancellationToken = default);
}
