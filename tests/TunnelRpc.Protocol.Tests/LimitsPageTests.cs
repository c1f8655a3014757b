using System.Globalization;
using System.Reflection;
using Shouldly;
using TunnelRpc.Client;
using TunnelRpc.Gateway;
using TunnelRpc.Gateway.Client;
using Xunit;

namespace TunnelRpc.Protocol.Tests;

/// <summary>Tests that docs/limits.md lists every limit and option with the default of the code.</summary>
public sealed class LimitsPageTests
{
    private static readonly string[] Page = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "limits.md"));

    [Theory]
    [InlineData(typeof(TunnelLimits))]
    [InlineData(typeof(TunnelServerLimits))]
    [InlineData(typeof(TunnelOptions))]
    [InlineData(typeof(TunnelCompressionOptions))]
    [InlineData(typeof(TunnelServerOptions))]
    [InlineData(typeof(TunnelClientOptions))]
    [InlineData(typeof(TunnelServerTlsOptions))]
    [InlineData(typeof(TunnelClientTlsOptions))]
    [InlineData(typeof(TunnelGatewayOptions))]
    [InlineData(typeof(GatewayPollingOptions))]
    [InlineData(typeof(CometQueueOptions))]
    [InlineData(typeof(RawHttpQueueOptions))]
    [InlineData(typeof(ReverseHttpRelayOptions))]
    [InlineData(typeof(ReverseHttpClaimOptions))]
    [InlineData(typeof(HttpSockServerOptions))]
    [InlineData(typeof(HttpSockClientOptions))]
    public void Limits_page_lists_every_limit_and_option_with_its_default(Type type)
    {
        // Options of an abstract class are those of a class derived from it.
        Type created = type == typeof(TunnelOptions) ? typeof(TunnelClientOptions)
            : type == typeof(GatewayPollingOptions) ? typeof(CometQueueOptions)
            : type;
        object options = Activator.CreateInstance(created, nonPublic: true)!;

        foreach (PropertyInfo property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly))
        {
            // The limits have tables of their own.
            if (property.PropertyType.IsAssignableTo(typeof(TunnelLimits)))
            {
                Page.ShouldContain($"## `{property.Name}` ({(property.PropertyType == typeof(TunnelLimits) ? "both sides" : "server")})");
                continue;
            }

            // A name that several classes have is on the page with its class.
            string[] rows = FindRows($"`{type.Name}.{property.Name}`");
            string row = (rows.Length > 0 ? rows : FindRows($"`{property.Name}`"))
                .ShouldHaveSingleItem($"Expected one row for {type.Name}.{property.Name} in docs/limits.md.");
            if (Describe(property.GetValue(options)) is string expected)
            {
                row.Split('|')[2].Trim().ShouldBe(expected, $"{type.Name}.{property.Name}");
            }
        }
    }

    [Fact]
    public void Limits_page_lists_every_limit_of_users_and_addresses_with_its_default()
    {
        var limits = new TunnelServerOptions().Limits;
        foreach ((string name, TunnelPartitionLimits partition) in new[]
        {
            (nameof(limits.PerUser), limits.PerUser), (nameof(limits.PerRemoteAddress), limits.PerRemoteAddress),
        })
        {
            foreach (PropertyInfo property in typeof(TunnelPartitionLimits).GetProperties(BindingFlags.Public | BindingFlags.Instance))
            {
                string row = Page.Where(line => line.StartsWith($"| `{name}.{property.Name}` |", StringComparison.Ordinal))
                    .ShouldHaveSingleItem($"Expected one row for {name}.{property.Name} in docs/limits.md.");
                row.Split('|')[2].Trim().ShouldBe(Describe(property.GetValue(partition)) ?? "none", $"{name}.{property.Name}");
            }
        }
    }

    private static string[] FindRows(string name) =>
        [.. Page.Where(line => line.StartsWith('|') && line.Split('|')[1].Contains(name, StringComparison.Ordinal))];

    /// <summary>Formats a default as the page does; null for a default that the page describes in words.</summary>
    private static string? Describe(object? value) => value switch
    {
        0 => "0",
        int bytes when bytes % (1 << 20) == 0 => $"{bytes >> 20} MiB",
        int bytes when bytes % (64 << 10) == 0 => $"{bytes >> 10} KiB",
        int count => count.ToString("N0", CultureInfo.InvariantCulture),
        long bytes when bytes % (1 << 20) == 0 => bytes == 1 << 30 ? "1 GiB" : $"{bytes >> 20} MiB",
        TimeSpan { TotalSeconds: >= 1 } time => $"{time.TotalSeconds} s",
        TimeSpan time => $"{time.TotalMilliseconds} ms",
        bool flag => flag ? "on" : "off",
        _ => null,
    };
}
