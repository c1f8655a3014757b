using Shouldly;
using TunnelRpc.Client;
using Xunit;

namespace TunnelRpc.Calls.Tests;

public sealed class CompressionTests
{
    private static readonly TimeSpan HangTimeout = TimeSpan.FromSeconds(120);

    [Theory, InlineData(false), InlineData(true)]
    public async Task Calls_work_when_only_one_side_enables_compression(bool clientOnly)
    {
        await using TunnelPair pair = await TunnelPair.StartInMemoryAsync(options =>
        {
            if (options is TunnelClientOptions == clientOnly)
            {
                Compressed.NearlyAll(options);
            }
        });

        foreach (bool serverCallsClient in new[] { false, true })
        {
            (ITestService stub, _) = pair.Direction(serverCallsClient);
            (await stub.ReverseAsync(new byte[100_000]).WaitAsync(HangTimeout)).Length.ShouldBe(100_000);
        }
    }

    [Fact]
    public void Compression_is_off_by_default() => new TunnelServerOptions().Compression.Algorithm.ShouldBe(TunnelCompression.None);
}
