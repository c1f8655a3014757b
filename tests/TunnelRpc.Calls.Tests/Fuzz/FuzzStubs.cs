using TunnelRpc.Calls.Tests.Lifetimes;

namespace TunnelRpc.Calls.Tests.Fuzz;

/// <summary>The contracts of the other side.</summary>
internal sealed record FuzzStubs(ITestService Test, IReferenceService References, IPassing Passing, IGuarded Guarded)
{
    public static FuzzStubs Of(Client.TunnelClient client) =>
        new(client.Get<ITestService>(), client.Get<IReferenceService>(), client.Get<IPassing>(), client.Get<IGuarded>());
}
