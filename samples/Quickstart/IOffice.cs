using TunnelRpc;

namespace Quickstart;

/// <summary>What the server offers.</summary>
[TunnelService(Callback = typeof(IWorker))]
public partial interface IOffice
{
    /// <summary>A unary call.</summary>
    Task<Greeting> GreetAsync(string name, int times = 1, CancellationToken cancellationToken = default);

    /// <summary>A stream from the server.</summary>
    IAsyncEnumerable<Tick> CountAsync(int count, CancellationToken cancellationToken = default);

    /// <summary>Makes the server call back, and gives what it was told.</summary>
    Task<string> AskBackAsync(string question, CancellationToken cancellationToken = default);

    /// <summary>Makes the server read a stream from the client's callback, and gives the sum.</summary>
    Task<long> SumBackAsync(int count, CancellationToken cancellationToken = default);
}
