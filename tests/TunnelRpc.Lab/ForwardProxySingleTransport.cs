using System.Runtime.Versioning;
using Xunit;
using Xunit.Abstractions;

namespace TunnelRpc.Lab;

/// <summary>Each transport by itself through a forward proxy. A class of its own, for tests of one class wait for each other.</summary>
[SupportedOSPlatform("linux")]
public sealed class ForwardProxySingleTransport(ITestOutputHelper output) : SingleTransportConformance(output)
{
    public static TheoryData<string> Names => ProxyTable.Names(p => p.IsForward);

    [Theory, MemberData(nameof(Names))]
    public Task A_transport_alone_carries_calls_or_says_why_not(string name) => ShouldCarryCallsOrSayWhyNotAsync(name);
}
