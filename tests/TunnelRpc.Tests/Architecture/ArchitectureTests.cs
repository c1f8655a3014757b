using System.Reflection;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Microsoft.AspNetCore.Builder;
using TunnelRpc.Client;
using TunnelRpc.Gateway;
using TunnelRpc.Gateway.Client;
using TunnelRpc.Gateway.Hosting;
using TunnelRpc.MessagePack;
using TunnelRpc.Multiplexing;
using TunnelRpc.Sessions;
using TunnelRpc.Testing.Hosting;
using TunnelRpc.Transports;

namespace TunnelRpc.Tests.Architecture;

/// <summary>Dependencies between projects and between layers, and conventions that hold for all libraries.</summary>
public sealed partial class ArchitectureTests
{
    /// <summary>
    /// Each project and the projects that it may reference. No project that ships with an application references a generator.
    /// </summary>
    private static readonly Dictionary<string, string[]> MayReference = new()
    {
        ["TunnelRpc.Abstractions"] = [],
        ["TunnelRpc.MessagePack"] = ["TunnelRpc.Abstractions"],
        ["TunnelRpc"] = ["TunnelRpc.Abstractions"],
        ["TunnelRpc.Transports"] = ["TunnelRpc"],
        ["TunnelRpc.Client"] = ["TunnelRpc", "TunnelRpc.Transports"],
        ["TunnelRpc.AspNetCore"] = ["TunnelRpc", "TunnelRpc.Transports"],
        ["TunnelRpc.Gateway.Client"] = ["TunnelRpc.Client"],
        ["TunnelRpc.Gateway.Hosting"] = ["TunnelRpc.Gateway.Client"],
        ["TunnelRpc.Gateway"] = ["TunnelRpc.AspNetCore", "TunnelRpc.Gateway.Client"],
        ["TunnelRpc.Testing"] = ["TunnelRpc", "TunnelRpc.Client", "TunnelRpc.Transports"],
        ["TunnelRpc.Cli"] = ["TunnelRpc", "TunnelRpc.AspNetCore", "TunnelRpc.Client", "TunnelRpc.Gateway", "TunnelRpc.Transports"],
        ["TunnelRpc.Templates"] = [],
        ["TunnelRpc.Generators"] = [],
        ["TunnelRpc.Generators.CodeFixes"] = ["TunnelRpc.Generators"],
    };

    /// <summary>
    /// The layers of the runtime, from the application to the codec: folders of TunnelRpc, then those of TunnelRpc.Abstractions.
    /// A layer may use every layer after it and none before it.
    /// </summary>
    private static readonly string[] Layers =
    [
        "Hosting", "Diagnostics", "Filters", "Authorization", "Calls", "Ordering", "Multiplexing", "Sessions", "Security", "Transports",
        "Accounting", "Scheduling", "Options", "Compatibility", "Locks", "Logging", "Tracking", "References", "Contracts", "Serialization",
    ];

    /// <summary>Folders whose types are in the namespace <c>TunnelRpc</c>, since applications name them.</summary>
    private static readonly string[] RootNamespaceFolders = ["Contracts", "Options"];

    private static readonly Assembly Abstractions = typeof(TunnelException).Assembly;

    private static readonly Assembly Runtime = typeof(TunnelServer).Assembly;

    private static readonly Assembly[] Libraries =
    [
        Abstractions,
        typeof(TunnelRpcResolver).Assembly,
        Runtime,
        typeof(HttpTransports).Assembly,
        typeof(TunnelClient).Assembly,
        typeof(TunnelEndpointRouteBuilderExtensions).Assembly,
        typeof(TunnelTestHost).Assembly,
        typeof(TunnelGatewayOptions).Assembly,
        typeof(TunnelRpcServerOptions).Assembly,
        typeof(HttpOriginOptions).Assembly,
    ];

    private static readonly Dictionary<string, string> FolderOfType = FindFolders();

    [Fact]
    public void Projects_reference_only_permitted_projects()
    {
        string[] wrong =
        [
            .. from project in Repository.Sources(".csproj")
               let name = Path.GetFileNameWithoutExtension(project)
               from reference in XDocument.Load(project).Descendants("ProjectReference")
               where (string?)reference.Attribute("ReferenceOutputAssembly") != "false"
               let target = Path.GetFileNameWithoutExtension(((string)reference.Attribute("Include")!).Replace('\\', '/'))
               where !MayReference.GetValueOrDefault(name, []).Contains(target)
               select $"{name} references {target}",
        ];

        wrong.ShouldBeEmpty();
    }

    [Fact]
    public void Every_project_has_a_rule()
    {
        IEnumerable<string> projects = Repository.Sources(".csproj").Select(p => Path.GetFileNameWithoutExtension(p)!);

        projects.ShouldBe(MayReference.Keys, ignoreOrder: true);
    }

    [Fact]
    public void Layer_uses_only_layers_after_it()
    {
        string[] wrong =
        [
            .. from type in Abstractions.GetTypes().Concat(Runtime.GetTypes())
               let layer = LayerOf(type)
               where layer is not null
               from used in TypeUse.Of(type)
               where used.Assembly == Abstractions || used.Assembly == Runtime
               let usedLayer = LayerOf(used)
               where usedLayer is not null && Array.IndexOf(Layers, usedLayer) < Array.IndexOf(Layers, layer)
               select $"{layer} → {usedLayer}: {type.FullName} uses {used.FullName}",
        ];

        wrong.Distinct().Order(StringComparer.Ordinal).ShouldBeEmpty();
    }

    [Fact]
    public void Uses_in_bodies_signatures_and_fields_are_found()
    {
        // If TypeUse found no uses, Layer_uses_only_layers_after_it would always pass.
        TypeUse.Of(typeof(Demultiplexer)).ShouldContain(typeof(StatusByte));
        TypeUse.Of(typeof(IStreamAcceptor)).ShouldContain(typeof(FrameFlags));
        TypeUse.Of(typeof(SessionOutput)).ShouldContain(typeof(SendBuffer));
        TypeUse.Of(typeof(TunnelServer)).ShouldContain(typeof(TunnelSession));
    }

    [Fact]
    public void Every_type_of_the_runtime_is_in_a_layer()
    {
        IEnumerable<Type> declared = Abstractions.GetTypes().Concat(Runtime.GetTypes())
            .Where(type => type is { IsNested: false, Namespace: not null }
                && type.Namespace.StartsWith("TunnelRpc", StringComparison.Ordinal));

        declared.Where(type => LayerOf(type) is null).Select(type => type.FullName).ShouldBeEmpty();
        Layers.Except(FolderOfType.Values).ShouldBeEmpty();
    }

    [Fact]
    public void Architecture_page_names_the_layers_in_their_order()
    {
        // The page wraps its lines.
        string text = File.ReadAllText(Path.Combine(Repository.Root, "docs", "architecture.md"));
        string page = string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

        page.ShouldContain(
            string.Join(" → ", Layers.Select(layer => $"`{layer}`")),
            customMessage: "docs/architecture.md must name the layers in the order of ArchitectureTests.Layers.");
    }

    [Fact]
    public void Every_library_has_a_public_api_file()
    {
        foreach (string project in Repository.Sources(".csproj").Where(IsLibrary))
        {
            string file = Path.Combine(Path.GetDirectoryName(project)!, "PublicAPI.Unshipped.txt");

            File.ReadLines(file).First().ShouldBe("#nullable enable", project);
        }
    }

    [Fact]
    public void Library_never_blocks_a_thread_to_wait_for_a_task()
    {
        string[] wrong =
        [
            .. from assembly in Libraries
               from member in MemberUse.Of(assembly)
               where member is "System.Threading.Tasks.Task`1.get_Result" or "System.Threading.Tasks.ValueTask`1.get_Result"
                   || member.StartsWith("System.Threading.Tasks.Task.Wait", StringComparison.Ordinal)
                       && !member.EndsWith("Async", StringComparison.Ordinal)
               select $"{assembly.GetName().Name} uses {member}",
        ];

        wrong.ShouldBeEmpty();
        MemberUse.Of(Runtime).ShouldContain("System.Threading.Tasks.Task.WaitAsync");
    }

    [Fact]
    public void Every_library_is_compatible_with_trimming_and_native_aot()
    {
        string[] shipped = [.. MayReference.Keys.Where(IsLibrary)];

        string[] compatible =
        [
            .. from assembly in Libraries
               let metadata = assembly.GetCustomAttributes<AssemblyMetadataAttribute>().ToLookup(a => a.Key, a => a.Value)
               where metadata["IsTrimmable"].Contains("True") && metadata["IsAotCompatible"].Contains("True")
               select assembly.GetName().Name,
        ];

        compatible.ShouldBe(shipped, ignoreOrder: true);
    }

    [Fact]
    public void No_trimming_or_native_aot_warning_is_suppressed()
    {
        string[] suppressed =
        [
            .. from file in Repository.Sources(".cs").Concat(Repository.Sources(".csproj")).Concat(Repository.Sources(".props"))
               where SuppressedWarning().IsMatch(File.ReadAllText(file))
               select Path.GetRelativePath(Repository.Root, file),
        ];

        suppressed.ShouldBeEmpty();
        SuppressedWarning().IsMatch("""[UnconditionalSuppressMessage("Trimming", "IL2026")]""").ShouldBeTrue();
        SuppressedWarning().IsMatch("#pragma warning disable IL3050").ShouldBeTrue();
        SuppressedWarning().IsMatch("<NoWarn>$(NoWarn);IL2026</NoWarn>").ShouldBeTrue();
    }

    [Fact]
    public void Lock_files_have_integrity_hashes_and_no_download_addresses()
    {
        string[] locks =
        [
            .. Directory.EnumerateFiles(Path.Combine(Repository.Root, "tests"), "package-lock.json", SearchOption.AllDirectories)
                .Where(file => !file.Split(Path.DirectorySeparatorChar).Any(part => part is "bin" or "obj" or "node_modules")),
        ];

        locks.ShouldNotBeEmpty();
        foreach (string file in locks)
        {
            using JsonDocument content = JsonDocument.Parse(File.ReadAllText(file));
            JsonProperty[] packages = [.. content.RootElement.GetProperty("packages").EnumerateObject().Where(p => p.Name.Length > 0)];
            packages.ShouldNotBeEmpty(file);
            packages.Where(p => !p.Value.TryGetProperty("integrity", out _)).Select(p => p.Name).ShouldBeEmpty(file);
            packages.Where(p => p.Value.TryGetProperty("resolved", out _)).Select(p => p.Name).ShouldBeEmpty(file);
        }
    }

    [Fact]
    public void Namespace_of_a_file_is_its_folder()
    {
        string[] wrong =
        [
            .. from file in Repository.Sources(".cs")
               let expected = ExpectedNamespace(file)
               let got = NamespaceLine().Match(File.ReadAllText(file)).Groups[1].Value
               where got != expected && !IsException(file, got)
               select $"{Path.GetRelativePath(Repository.Root, file)}: expected {expected}, got {got}",
        ];

        wrong.ShouldBeEmpty();
    }

    private static bool IsException(string file, string got) =>
        // A public type that applications name is in the namespace of its project, regardless of its folder.
        (got == ProjectNamespace(file) && PublicTypeLine().IsMatch(File.ReadAllText(file)))
        || (file.EndsWith("Extensions.cs", StringComparison.Ordinal) && got.StartsWith("Microsoft.", StringComparison.Ordinal))
        || (Path.GetFileName(file) == "IsExternalInit.cs" && got == "System.Runtime.CompilerServices");

    private static string ExpectedNamespace(string file)
    {
        // src/<group>/<project>/<folders>/<file>
        IEnumerable<string> folders = Path.GetRelativePath(Repository.Root, file).Split(Path.DirectorySeparatorChar)[3..^1];
        string project = ProjectNamespace(file);
        return string.Join('.', [project, .. folders.Where(folder => project != "TunnelRpc" || !RootNamespaceFolders.Contains(folder))]);
    }

    private static string ProjectNamespace(string file)
    {
        string project = Path.GetRelativePath(Repository.Root, file).Split(Path.DirectorySeparatorChar)[2];
        return project == "TunnelRpc.Abstractions" ? "TunnelRpc" : project;
    }

    /// <summary>
    /// Whether a project is a library that applications reference. Generators run in the compiler only, the tool is a program, and the
    /// templates are no code of this solution.
    /// </summary>
    private static bool IsLibrary(string project)
    {
        string name = project.EndsWith(".csproj", StringComparison.Ordinal) ? Path.GetFileNameWithoutExtension(project) : project;
        return name is not ("TunnelRpc.Cli" or "TunnelRpc.Templates") && !name.StartsWith("TunnelRpc.Generators", StringComparison.Ordinal);
    }

    private static string? LayerOf(Type type)
    {
        while (type.DeclaringType is not null)
        {
            type = type.DeclaringType;
        }

        return type.Namespace switch
        {
            null => null,

            // The generator creates types in this namespace for the contracts of two layers.
            "TunnelRpc.Generated" => type.Assembly == Abstractions ? "References" : "Diagnostics",
            _ => FolderOfType.GetValueOrDefault(KeyOf(type.Namespace, type.Name)),
        };
    }

    /// <summary>Namespace and name of each type that the sources of the runtime declare, with the folder of its file.</summary>
    private static Dictionary<string, string> FindFolders()
    {
        var folders = new Dictionary<string, string>();
        foreach (string file in Repository.Sources(".cs"))
        {
            string[] parts = Path.GetRelativePath(Repository.Root, file).Split(Path.DirectorySeparatorChar);
            string? folder = parts switch
            {
                ["src", "Framework", "TunnelRpc" or "TunnelRpc.Abstractions", var own, _, ..] => own,

                // Compiled into the runtime, too.
                ["src", "Generators", "TunnelRpc.Generators", "Locks", _] => "Locks",
                _ => null,
            };
            if (folder is not null)
            {
                string text = File.ReadAllText(file);
                foreach (Match declaration in TypeLine().Matches(text))
                {
                    folders[KeyOf(NamespaceLine().Match(text).Groups[1].Value, declaration.Groups[1].Value)] = folder;
                }
            }
        }

        return folders;
    }

    private static string KeyOf(string ns, string name) => $"{ns}.{name.Split('`')[0]}";

    [GeneratedRegex(
        @"UnconditionalSuppressMessage|\bIL[23]\d{3}\b|SuppressTrimAnalysisWarnings|SuppressAotAnalysisWarnings|"
        + "ILLinkTreatWarningsAsErrors")]
    private static partial Regex SuppressedWarning();

    /// <summary>A declaration of a type that is not nested: at the start of its line.</summary>
    [GeneratedRegex(
        @"^(?:public|internal|file)[\w ]*? (?:class|struct|interface|enum|record(?: struct| class)?|delegate [\w.<>?]+) (\w+)",
        RegexOptions.Multiline)]
    private static partial Regex TypeLine();

    [GeneratedRegex("^public ", RegexOptions.Multiline)]
    private static partial Regex PublicTypeLine();

    [GeneratedRegex(@"^namespace ([\w.]+)", RegexOptions.Multiline)]
    private static partial Regex NamespaceLine();
}
