using TunnelRpc;

namespace Quickstart;

/// <summary>The service of the server.</summary>
[TunnelService(Callback = typeof(IWorker))]
public partial interface IOffice
{
    /// <summary>A unary call.</summary>
    Task<Greeting> GreetAsync(string name, int times = 1, CancellationToken cancellationToken = default);

    /// <summary>A stream from the server.</summary>
    IAsyncEnumerable<Tick> CountAsync(int count, CancellationToken cancellationToken = default);

    /// <summary>Makes the server call the client back and returns the client's reply.</summary>
    Task<string> AskBackAsync(string question, CancellationToken cancellationToken = default);

    /// <summary>Makes the server read a stream from the client and returns the sum of its items.</summary>
    Task<long> SumBackAsync(int count, CancellationToken cancellationToken = default);
}
