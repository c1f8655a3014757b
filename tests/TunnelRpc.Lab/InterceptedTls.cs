using System.Runtime.Versioning;
using System.Text;
using Shouldly;
using TunnelRpc.Client;
using Xunit;
using Xunit.Abstractions;

namespace TunnelRpc.Lab;

/// <summary>
/// A proxy that terminates TLS and whose certificate authority the client trusts: with and without end-to-end TLS, the tests check which
/// bytes of the calls it can read.
/// </summary>
[SupportedOSPlatform("linux")]
public sealed class InterceptedTls(ITestOutputHelper output)
{
    private const string Secret = "no intermediary may read this 4711";

    /// <summary>The texts in the call of the client and in the callback.</summary>
    private static readonly string[] Plaintexts = [Secret, Secret.ToUpperInvariant()];

    private static ProxyPath Path => ProxyTable.Paths.Single(
        p => p.Program == ProxyProgram.MitmproxyIntercepting && p.Frontend == FrontendProtocol.Http2);

    public static TheoryData<string> Transports => [.. ProxyTable.InOrder(Path.WorkingTransports)];

    [Theory, MemberData(nameof(Transports))]
    public async Task Intercepting_proxy_reads_no_call_with_end_to_end_TLS_and_is_reported(string transport)
    {
        await using LabSetup setup = await LabSetup.StartAsync(
            Path, options => options.EndToEndTls = new TunnelServerTlsOptions { Certificate = LabCertificate.Server });

        string reason = await CallAsync(setup, transport, encrypted: true);
        byte[] captured = setup.Proxy!.Captured;

        output.WriteLine($"{captured.Length} bytes captured. {reason}");
        Contains(captured, "/tunnel").ShouldBeTrue("The capture contains not even the requests.");
        Plaintexts.Where(text => Contains(captured, text)).ShouldBeEmpty();
        reason.ShouldContain("was terminated with the certificate");
        reason.ShouldContain("mitmproxy");
    }

    [Theory, MemberData(nameof(Transports))]
    public async Task Intercepting_proxy_reads_all_calls_without_end_to_end_TLS(string transport)
    {
        await using LabSetup setup = await LabSetup.StartAsync(Path);

        await CallAsync(setup, transport, encrypted: false);

        byte[] captured = setup.Proxy!.Captured;
        Plaintexts.Where(text => !Contains(captured, text)).ShouldBeEmpty();
    }

    private static bool Contains(ReadOnlySpan<byte> captured, string text) => captured.IndexOf(Encoding.UTF8.GetBytes(text)) >= 0;

    /// <summary>Makes calls that carry the secret in both directions; returns the reason in the report of the path.</summary>
    private static async Task<string> CallAsync(LabSetup setup, string transport, bool encrypted)
    {
        await using TunnelClient client = await setup.ConnectAsync(options =>
        {
            LabSetup.UseOnly(options, transport);
            if (encrypted)
            {
                options.EndToEndTls = new TunnelClientTlsOptions();
                options.EndToEndTls.TrustedRoots.Add(LabCertificate.Authority);
            }
        }).WaitAsync(Workload.HangTimeout);
        ILabService service = client.Get<ILabService>();
        (await service.EchoAsync(Secret).WaitAsync(Workload.HangTimeout)).ShouldBe(Secret);
        (await service.CallBackAsync(Secret).WaitAsync(Workload.HangTimeout)).ShouldBe(Secret.ToUpperInvariant());
        return client.Report!.Winner.ShouldNotBeNull().Reason;
    }
}
