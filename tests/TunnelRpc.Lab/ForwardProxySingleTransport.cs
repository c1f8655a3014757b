using System.Runtime.Versioning;
using Xunit;
using Xunit.Abstractions;

namespace TunnelRpc.Lab;

/// <summary>Each transport alone through a forward proxy. It is a separate class because the tests of one class run sequentially.</summary>
[SupportedOSPlatform("linux")]
public sealed class ForwardProxySingleTransport(ITestOutputHelper output) : SingleTransportConformance(output)
{
    public static TheoryData<string> Names => ProxyTable.Names(p => p.IsForward);

    [Theory, MemberData(nameof(Names))]
    public Task Single_transport_carries_calls_or_reports_the_reason(string name) => ShouldCarryCallsOrReportReasonAsync(name);
}
