using System.Reflection;
using TunnelRpc.Tests.Architecture;

namespace TunnelRpc.Tests.Api;

/// <summary>
/// What users can reach changes on purpose only. After a change that is meant, run these tests once with the environment
/// variable TUNNELRPC_ACCEPT_API=1, look at the difference of the files and commit them.
/// </summary>
public sealed class PublicApiTests
{
    [Theory]
    [InlineData("TunnelRpc")]
    [InlineData("TunnelRpc.Transports")]
    [InlineData("TunnelRpc.Client")]
    [InlineData("TunnelRpc.AspNetCore")]
    [InlineData("TunnelRpc.Testing")]
    public void The_public_members_are_those_that_were_accepted(string assembly)
    {
        string file = Path.Combine(Repository.Root, "tests", "TunnelRpc.Tests", "Api", assembly + ".txt");
        string got = PublicApi.Print(Assembly.Load(assembly));

        if (Environment.GetEnvironmentVariable("TUNNELRPC_ACCEPT_API") == "1")
        {
            File.WriteAllText(file, got);
        }

        string[] accepted = File.ReadAllLines(file);
        string[] lines = got.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        lines.Except(accepted).ShouldBeEmpty("These are new: accept them with TUNNELRPC_ACCEPT_API=1 if they are meant.");
        accepted.Except(lines).ShouldBeEmpty("These are gone: accept that with TUNNELRPC_ACCEPT_API=1 if it is meant.");
    }
}
