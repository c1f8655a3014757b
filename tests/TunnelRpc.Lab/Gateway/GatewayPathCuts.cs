using System.Net;
using System.Runtime.Versioning;
using System.Security.Cryptography;
using Shouldly;
using TunnelRpc.Gateway.Tests.Apps;
using TunnelRpc.Tests.Peers;
using Xunit;

namespace TunnelRpc.Lab.Gateway;

/// <summary>The path of the tunnel is cut while a body passes.</summary>
[SupportedOSPlatform("linux")]
public sealed class GatewayPathCuts
{
    /// <summary>
    /// More than all buffers between the application and the client, so that the application still writes when the path is cut.
    /// </summary>
    private const long Length = 96L << 20;

    private const long BytesBeforeCut = 4L << 20;

    [Theory, MemberData(nameof(GatewayCases.All), MemberType = typeof(GatewayCases))]
    public async Task Download_is_whole_and_the_session_is_the_same_after_a_cut_in_its_middle(string front, string application)
    {
        await using GatewaySetup setup = await GatewaySetup.StartAsync(front, withRelay: true);
        string? session = await setup.GetSessionAsync(application);
        using HttpResponseMessage response = await setup.SendAsync(
            HttpMethod.Get, setup.Address(application, $"/download/{Length}"), HttpVersion.Version11);
        await using Stream stream = await response.Content.ReadAsStreamAsync();
        using var received = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var expected = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        long before = await HashAsync(stream, received, BytesBeforeCut);
        long connections = setup.TunnelPath.Counters.Connections;

        bool isWritten = setup.State.Written.CurrentCount > 0;
        setup.TunnelPath.Reset();
        long after = await HashAsync(stream, received, long.MaxValue);
        await HashAsync(new PatternStream(Length), expected, long.MaxValue);

        isWritten.ShouldBeFalse("The application had written everything before the cut.");
        (before + after).ShouldBe(Length);
        received.GetHashAndReset().ShouldBe(expected.GetHashAndReset());
        setup.TunnelPath.Counters.Connections.ShouldBeGreaterThan(connections);
        (await setup.GetSessionAsync(application)).ShouldBe(session);
    }

    /// <summary>Adds at least <paramref name="length"/> bytes to the hash, or all up to the end; returns how many.</summary>
    private static async Task<long> HashAsync(Stream stream, IncrementalHash hash, long length)
    {
        byte[] buffer = new byte[64 << 10];
        long total = 0;
        int count;
        while (total < length && (count = await stream.ReadAsync(buffer).DefaultTimeout()) > 0)
        {
            hash.AppendData(buffer, 0, count);
            total += count;
        }

        return total;
    }
}
