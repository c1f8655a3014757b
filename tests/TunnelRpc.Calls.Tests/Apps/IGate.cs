namespace TunnelRpc.Calls.Tests.Apps;

/// <summary>The contract of a server in tests of applications.</summary>
[TunnelService(Callback = typeof(IGuest))]
public partial interface IGate
{
    /// <summary>Returns the number of the implementation on which the call runs; the first one has the number 1.</summary>
    Task<int> InstanceAsync(CancellationToken cancellationToken = default);

    /// <summary>Returns the user, the transport and the session of the caller.</summary>
    Task<string> WhoAsync(CancellationToken cancellationToken = default);

    /// <summary>Calls <see cref="IGuest.GreetAsync"/> of the caller and returns its result.</summary>
    Task<string> GreetBackAsync(string name, CancellationToken cancellationToken = default);

    /// <summary>Runs until the call is cancelled.</summary>
    Task RunUntilCancelledAsync(CancellationToken cancellationToken = default);
}
