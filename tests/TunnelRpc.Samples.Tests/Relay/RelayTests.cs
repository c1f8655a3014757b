using Shouldly;
using TunnelRpc.Samples.Tests.Fleet;
using Xunit;

namespace TunnelRpc.Samples.Tests.Relay;

public sealed class RelayTests
{
    [Fact]
    public async Task Demonstration_gets_the_expected_answers()
    {
        using var output = new StringWriter();

        bool succeeded = await global::Relay.Demo.RunAsync(output, CancellationToken.None).WaitAsync(FleetApp.Guard);

        succeeded.ShouldBeTrue(output.ToString());
        output.ToString().Split('\n').Count(line => line.StartsWith("ok ", StringComparison.Ordinal)).ShouldBe(5);
    }
}
