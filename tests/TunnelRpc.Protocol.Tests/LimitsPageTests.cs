using System.Globalization;
using System.Reflection;
using Shouldly;
using TunnelRpc.Client;
using Xunit;

namespace TunnelRpc.Protocol.Tests;

/// <summary>docs/limits.md names every limit and option, with the default that the code has.</summary>
public sealed class LimitsPageTests
{
    private static readonly string[] Page = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "limits.md"));

    [Theory]
    [InlineData(typeof(TunnelLimits))]
    [InlineData(typeof(TunnelOptions))]
    [InlineData(typeof(TunnelCompressionOptions))]
    [InlineData(typeof(TunnelServerOptions))]
    [InlineData(typeof(TunnelClientOptions))]
    [InlineData(typeof(TunnelServerTlsOptions))]
    [InlineData(typeof(TunnelClientTlsOptions))]
    public void Every_limit_and_option_is_on_the_page_with_its_default(Type type)
    {
        object options = Activator.CreateInstance(type)!;

        foreach (PropertyInfo property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly))
        {
            // Limits have a table of their own.
            if (property.PropertyType == typeof(TunnelLimits))
            {
                Page.ShouldContain($"## `{property.Name}` (both sides)");
                continue;
            }

            string row = Page.Where(line => line.StartsWith('|') && line.Split('|')[1].Contains($"`{property.Name}`", StringComparison.Ordinal))
                .ShouldHaveSingleItem($"Expected one row for {type.Name}.{property.Name} in docs/limits.md.");
            if (Describe(property.GetValue(options)) is string expected)
            {
                row.Split('|')[2].Trim().ShouldBe(expected, $"{type.Name}.{property.Name}");
            }
        }
    }

    /// <summary>How the page writes a default; null for those that it describes in words.</summary>
    private static string? Describe(object? value) => value switch
    {
        int bytes when bytes % (1 << 20) == 0 => $"{bytes >> 20} MiB",
        int bytes when bytes % (64 << 10) == 0 => $"{bytes >> 10} KiB",
        int count => count.ToString("N0", CultureInfo.InvariantCulture),
        TimeSpan { TotalSeconds: >= 1 } time => $"{time.TotalSeconds} s",
        TimeSpan time => $"{time.TotalMilliseconds} ms",
        bool flag => flag ? "on" : "off",
        _ => null,
    };
}
