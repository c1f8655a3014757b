using Shouldly;
using TunnelRpc.Client;
using Xunit;

namespace TunnelRpc.Calls.Tests;

public sealed class CompressionTests
{
    private static readonly TimeSpan HangTimeout = TimeSpan.FromSeconds(30);

    [Theory, InlineData(false), InlineData(true)]
    public async Task One_side_alone_compresses_nothing_and_works(bool clientOnly)
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
    public void Nothing_is_compressed_unless_asked_for() => new TunnelServerOptions().Compression.Algorithm.ShouldBe(TunnelCompression.None);
}
