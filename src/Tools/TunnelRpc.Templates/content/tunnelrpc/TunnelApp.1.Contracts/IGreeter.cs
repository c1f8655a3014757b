using TunnelRpc;

namespace TunnelApp._1.Contracts;

/// <summary>The server serves this contract; clients call it.</summary>
[TunnelService(Callback = typeof(IVisitor))]
public partial interface IGreeter
{
    /// <summary>Greets a visitor in its language, which the server asks it for.</summary>
    Task<Greeting> GreetAsync(string name, CancellationToken cancellationToken = default);

    /// <summary>Counts down from <paramref name="start"/> to 1.</summary>
    IAsyncEnumerable<int> CountDownAsync(int start, CancellationToken cancellationToken = default);
}
