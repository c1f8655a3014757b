using System.Security.Cryptography;
using Shouldly;
using TunnelRpc.Client;
using TunnelRpc.Tests.Security;
using Xunit;

namespace TunnelRpc.Calls.Tests;

/// <summary>Compares the captured bytes of calls with and without end-to-end TLS.</summary>
public sealed class EncryptionTests
{
    private static readonly TimeSpan HangTimeout = TimeSpan.FromSeconds(120);

    [Theory, InlineData(false), InlineData(true)]
    public async Task Arguments_and_results_are_readable_on_the_wire_only_without_encryption(bool encrypted)
    {
        CapturingTransport? tap = null;
        byte[] up = RandomNumberGenerator.GetBytes(64);
        byte[] down = RandomNumberGenerator.GetBytes(64);
        await using TunnelPair pair = await TunnelPair.StartInMemoryAsync(options =>
        {
            if (encrypted)
            {
                Encrypted.EndToEnd(options);
            }

            if (options is TunnelClientOptions client)
            {
                client.Transports[0] = tap = new CapturingTransport(client.Transports[0]);
            }
        });

        await pair.Direction(serverCallsClient: false).Stub.ReverseAsync(up).WaitAsync(HangTimeout);
        await pair.Direction(serverCallsClient: true).Stub.ReverseAsync(down).WaitAsync(HangTimeout);

        // Without TLS every secret is in the capture, which shows that the capture is complete.
        byte[] captured = tap!.Captured;
        foreach (byte[] secret in new[] { up, down, [.. up.Reverse()], [.. down.Reverse()] })
        {
            (captured.AsSpan().IndexOf(secret) < 0).ShouldBe(encrypted);
        }
    }
}
